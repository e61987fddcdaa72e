# make images, or: docker build --target loader --tag loader .
# Another program is one more name in PRODUCTS, and one more target at the end.
# Versions of packages are not pinned: Debian keeps only the corrected ones.
# hadolint global ignore=DL3008

FROM docker.io/library/swift:6.3.1-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libcurl4-openssl-dev libisal-dev librdkafka-dev \
        libyaml-dev make nasm pkg-config xz-utils zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
# What the base image of the programs does not have goes into them. Debian has no static ISA-L.
COPY deploy/image/static-isal /tmp/
RUN /tmp/static-isal /usr/lib/libisal.a && rm /usr/lib/*/libisal.so /usr/lib/*/libyaml.so
WORKDIR /src
ENV PRODUCTS="loader batch-judge" \
    FLAGS="-c release --static-swift-stdlib -Xswiftc -gnone"

# First what the packages need that we depend on, with empty sources of our own: a change of code does not build them anew.
# The loader has all of them that the other programs have. In an archive, as layers keep times in seconds only, and the
# build would take each file for changed. Package.resolved is there if somebody keeps it: then the versions are its.
COPY Package.* ./
COPY deploy/image/stub-sources deploy/image/
COPY Sources/CISAL Sources/CISAL
COPY Sources/CLibcurl Sources/CLibcurl
COPY Sources/CLibrdkafka Sources/CLibrdkafka
COPY Sources/CLibyaml Sources/CLibyaml
COPY Sources/CZlib Sources/CZlib
RUN deploy/image/stub-sources && swift build $FLAGS --product loader \
    && tar --create --format posix --file /dependencies.tar .build && rm -rf .build Sources Tests

COPY Sources Sources
ARG RELEASE=0.1.0
ARG COMMIT=unknown
RUN deploy/image/stub-sources && tar --extract --file /dependencies.tar \
    && printf 'enum BuildStamp {\n static let release = "%s"\n static let commit: String? = "%s"\n}\n' \
        "$RELEASE" "$COMMIT" >Sources/Support/BuildStamp.swift \
    && for product in $PRODUCTS; do swift build $FLAGS --product "$product" || exit 1; done \
    && mkdir /out \
    && for product in $PRODUCTS; do strip -o "/out/$product" ".build/release/$product" || exit 1; done \
    && rm -rf .build
COPY prompts /out/prompts
# The sources' modes are whatever a checkout gave them; another user reads these.
RUN echo "$RELEASE ($COMMIT)" >/out/VERSION && chmod -R a=rX /out

# librdkafka of Debian 13 is 2.8; that of Debian 12 lacks fixes of rebalances and pauses when its queue is full.
FROM docker.io/library/debian:trixie-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4t64 librdkafka1 tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY --from=build /out/prompts /app/prompts
# Another one for each commit: from here on buildah must not take the labels of the last build out of its cache.
COPY --from=build /out/VERSION /app/
WORKDIR /app
USER 65532:65532
ARG RELEASE=0.1.0
ARG COMMIT=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.version="$RELEASE" \
    org.opencontainers.image.revision="$COMMIT" \
    org.opencontainers.image.created="$CREATED" \
    org.opencontainers.image.base.name="docker.io/library/debian:trixie-slim"

FROM base AS loader
LABEL org.opencontainers.image.title="loader" \
    org.opencontainers.image.description="Keeps a Kafka topic as hourly gzipped JSON lines, exactly once, and tags them"
COPY --from=build /out/loader /app/
ENTRYPOINT ["/app/loader"]

FROM base AS batch-judge
LABEL org.opencontainers.image.title="batch-judge" \
    org.opencontainers.image.description="Judges stored interactions in batches, pushes datasets, backs up logs"
COPY --from=build /out/batch-judge /app/
ENTRYPOINT ["/app/batch-judge"]
