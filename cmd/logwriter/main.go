// Command logwriter takes the access records out of Kafka into rotated files, and reports what is in them.
//
//	logwriter                      write until stopped; several share the partitions
//	logwriter report deprecated    which client used what is deprecated, and when last
//	logwriter report operations    what each operation cost
package main

import "bff/cmd/internal/program"

func main() { program.Main("logwriter", run) }
