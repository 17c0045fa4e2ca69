# The server in a small image, without root:
#
#   docker build -t brigid .
#   docker run --network host -v brigid:/var/lib/brigid brigid
#
# There is no authentication yet, so the server listens on the loopback address alone: with
# `--network host` that is the host's.

FROM rust:1.95-slim-trixie AS build
WORKDIR /src
# A C compiler, for zstd and jemalloc; make, for jemalloc.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make \
 && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cargo build --release --locked --package server --bin brigid \
 && mkdir -p /out/var/lib/brigid \
 && cp target/release/brigid /out/brigid

FROM debian:trixie-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin brigid
LABEL org.opencontainers.image.title="Brigid" \
      org.opencontainers.image.description="The FHIR server whose AI answers cite the chart" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/brigid /usr/local/bin/brigid
COPY --from=build --chown=brigid:brigid /out/var/lib/brigid /var/lib/brigid
ENV BRIGID_DATA_DIR=/var/lib/brigid \
    BRIGID_LOG__FORMAT=json
VOLUME /var/lib/brigid
WORKDIR /var/lib/brigid
USER brigid
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s CMD ["brigid", "health"]
ENTRYPOINT ["brigid"]
CMD ["serve"]
