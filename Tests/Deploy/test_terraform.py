"""Files of settings for terraform fit its variables. What terraform makes of them is tested in terraform/tests."""

import re

import hcl2
import pytest

from conftest import ROOT

TERRAFORM = ROOT / "terraform"
FILES = [TERRAFORM / "terraform.tfvars.example", *sorted((TERRAFORM / "environments").glob("*.tfvars"))]


def variables() -> dict[str, str]:
    """What each says of itself."""
    text = (TERRAFORM / "variables.tf").read_text()
    return dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))


def given(path) -> set[str]:
    return set(hcl2.loads(path.read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_value_is_of_a_variable(path):
    assert given(path) and given(path) <= set(variables())


def test_the_example_gives_what_has_no_default():
    required = {name for name, text in variables().items() if not re.search(r"^  default ", text, re.MULTILINE)}
    # With a default of null, but one of them is needed.
    assert required | {"kafka_brokers"} <= given(FILES[0])


def test_every_variable_is_described():
    assert not [name for name, text in variables().items() if "\n  description" not in "\n" + text]


def test_every_module_is_used():
    text = "".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    assert {path.name for path in (TERRAFORM / "modules").iterdir()} == set(re.findall(r'"./modules/(\w+)"', text))
