package main

import (
	"bff/backends"
	"bff/cmd/internal/program"
	"bff/cmd/internal/service"
)

func run() program.Run { return service.Program(service.Defaults{}, backends.UserService, nil) }
