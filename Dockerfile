# syntax=docker/dockerfile:1
# The server in a small image: built in one stage, run in another, by a user who may do nothing else.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The caches keep crates and object files between builds; the binary is copied out because a cache is no layer.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --package heller --bin heller \
    && cp target/release/heller /heller

FROM debian:bookworm-slim
# Certificates for calls to payment providers and for TLS to PostgreSQL.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin heller \
    && install --directory --owner heller --group heller --mode 0750 /var/lib/heller
COPY --from=build /heller /usr/local/bin/heller
ENV HELLER_DATA_DIR=/var/lib/heller
USER 10001
WORKDIR /var/lib/heller
VOLUME /var/lib/heller
EXPOSE 8686
# No HEALTHCHECK: the image has no HTTP client, and `heller` has no command yet that asks a running server.
# Orchestrators should ask GET /health/ready instead.
ENTRYPOINT ["heller"]
CMD ["serve"]
