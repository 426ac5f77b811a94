// Command userd serves bff.user.v1.UserService.
package main

import (
	"bff/backends"
	"bff/cmd/internal/program"
	"bff/cmd/internal/service"
)

func main() {
	defaults := service.Defaults{Program: "userd", AddrEnv: "BFF_USERD_ADDR", Addr: "127.0.0.1:10000"}
	program.Main("userd", service.Program(defaults, backends.UserService, service.OpenUsers))
}
