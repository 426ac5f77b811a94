// Package zktest gives a test a real ZooKeeper of its own, which the test may stop, kill, freeze and wipe, and a proxy
// that cuts clients off. Nothing is left when the test has ended.
//
//	server := zktest.Start(t) // skips the test if ZooKeeper is not installed
//	server.Freeze()
//	…
//	server.Thaw()
package zktest
