# docker build --target loader -t loader . ; docker build --target batch-judge -t batch-judge .
# Another program follows the same way: one more product in PRODUCTS, and one more target at the end.

FROM swift:6.3.1-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libisal-dev librdkafka-dev libyaml-dev \
        pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/* \
    # libyaml is not in every base image, so it goes into the program; the linker prefers the shared one if it is there.
    && rm /usr/lib/*/libyaml.so
WORKDIR /src
ENV PRODUCTS="loader batch-judge" \
    FLAGS="-c release --static-swift-stdlib -Xswiftc -gnone"

# First only what the packages depend on, with empty sources of our own: a change of code does not build swift-crypto anew.
COPY Package.swift ./
COPY deploy/image/stub-sources deploy/image/
COPY Sources/CISAL Sources/CISAL
COPY Sources/CLibcurl Sources/CLibcurl
COPY Sources/CLibrdkafka Sources/CLibrdkafka
COPY Sources/CLibyaml Sources/CLibyaml
COPY Sources/CZlib Sources/CZlib
RUN deploy/image/stub-sources \
    && for product in $PRODUCTS; do swift build $FLAGS --product "$product" || exit 1; done \
    && rm -rf Sources Tests

COPY Sources Sources
COPY prompts prompts
ARG VERSION=0.1.0
ARG COMMIT=unknown
RUN deploy/image/stub-sources \
    && sed -i "s/version = \".*\"/version = \"$VERSION ($COMMIT)\"/" Sources/Support/BuildInfo.swift \
    && for product in $PRODUCTS; do swift build $FLAGS --product "$product" || exit 1; done \
    && mkdir -p /out/bin /out/lib \
    && for product in $PRODUCTS; do strip -o "/out/bin/$product" ".build/release/$product"; done \
    # Debian 12 and 13 have packages of other names for it, and no static one.
    && cp /usr/lib/*/libisal.so.2 /out/lib/

# librdkafka of Debian 13 is 2.8; that of Debian 12 lacks fixes of rebalances and pauses when its queue is full.
FROM debian:trixie-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4t64 librdkafka1 tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
    && useradd --uid 65532 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin worker
COPY --from=build /out/lib/ /usr/lib/
COPY --from=build /src/prompts /app/prompts
WORKDIR /app
USER 65532:65532
ARG VERSION=0.1.0
ARG COMMIT=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$COMMIT" \
    org.opencontainers.image.created="$CREATED"

FROM base AS loader
LABEL org.opencontainers.image.title="loader" \
    org.opencontainers.image.description="Keeps a Kafka topic as hourly gzipped JSON lines, exactly once, and tags them"
COPY --from=build /out/bin/loader /app/bin/loader
ENTRYPOINT ["/app/bin/loader"]

FROM base AS batch-judge
LABEL org.opencontainers.image.title="batch-judge" \
    org.opencontainers.image.description="Judges stored interactions in batches, pushes datasets, backs up logs"
COPY --from=build /out/bin/batch-judge /app/bin/batch-judge
ENTRYPOINT ["/app/bin/batch-judge"]
