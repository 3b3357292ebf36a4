# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" -v loramerge:/cache loramerge run recipe.yaml
FROM golang:1.26 AS build
# The version that outputs carry: a release's number, such as v0.1.0.
ARG RELEASE
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.release=$RELEASE" -o /image/loramerge ./cmd/loramerge
# Whoever runs it keeps values in /cache and, in verify, recomputes in /tmp.
RUN mkdir -m 1777 /image/cache /image/tmp

FROM scratch
COPY --from=build /image /
ENV LORAMERGE_CACHE=/cache
WORKDIR /work
ENTRYPOINT ["/loramerge"]
