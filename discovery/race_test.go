//go:build race

package discovery_test

// raceDetector says that the race detector watches. It sees one race that is not ours: when go-zookeeper v1.0.4
// reconnects with watches set, it reads its last transaction id while another of its goroutines writes it
// (sendSetWatches and recvLoop in conn.go). The tests that reconnect run without the detector.
const raceDetector = true
