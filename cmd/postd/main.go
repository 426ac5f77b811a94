// Command postd serves bff.post.v1.PostService.
package main

import "bff/cmd/internal/program"

func main() { program.Main("postd", run) }
