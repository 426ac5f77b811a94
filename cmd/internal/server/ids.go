package server

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// newID returns a UUID of version 7 (RFC 9562): milliseconds, then the fraction of the millisecond in 12 bits (method 3
// of section 6.2), then 62 random bits. These come from the runtime's generator, ChaCha8 seeded by the operating system in
// each process: ids of several processes differ, and no id costs a system call.
func newID(now time.Time) string {
	const fractions = 1 << 12
	ms := now.UnixMilli()
	fraction := int64(now.Nanosecond()%int(time.Millisecond)) * fractions / int64(time.Millisecond)

	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(ms)<<16|0x7000|uint64(fraction)) //nolint:gosec // after 1970
	binary.BigEndian.PutUint64(id[8:], 0b10<<62|rand.Uint64()>>2)              //nolint:gosec // seeded by the system
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], id[10:16])
	return string(text[:])
}
