// Command postd serves bff.post.v1.PostService.
package main

import (
	"bff/backends"
	"bff/cmd/internal/program"
	"bff/cmd/internal/service"
)

func main() {
	defaults := service.Defaults{Program: "postd", AddrEnv: "BFF_POSTD_ADDR", Addr: "127.0.0.1:10001"}
	program.Main("postd", service.Program(defaults, backends.PostService, service.OpenPosts))
}
