// Package hub knows how the Hugging Face Hub's repositories are referred to, and how its
// libraries keep what they have downloaded: references, the environment, and the local cache.
// It makes no connection; package client does.
//
// The layout of the cache is documented for implementations in any language:
// https://huggingface.co/docs/hub/local-cache
package hub
