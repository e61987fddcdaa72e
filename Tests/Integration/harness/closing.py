"""For fixtures: what a test used is closed when it ends, also when it fails."""


def closing(thing):
    try:
        yield thing
    finally:
        thing.close()


def closing_all(make):
    """Gives what makes as `make` does; all that was made is closed."""
    made = []

    def one(*arguments, **options):
        made.append(make(*arguments, **options))
        return made[-1]

    try:
        yield one
    finally:
        for thing in made:
            thing.close()
