# docker run --rm -v "$PWD:/work" loramerge run recipe.yaml
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /loramerge ./cmd/loramerge

FROM scratch
COPY --from=build /loramerge /loramerge
ENV LORAMERGE_CACHE=/cache
WORKDIR /work
ENTRYPOINT ["/loramerge"]
