package backends

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// answer is what a read of a service is received into. It decodes a protobuf message straight into the application's
// words: no message outlives the call. Nothing of data may be kept: gRPC uses it again for the next answer.
type answer interface {
	decode(data []byte) error
}

// request is the message of a read: it marshals itself without reflection.
type request interface {
	MarshalVT() ([]byte, error)
}

// codec is the codec of reads. It speaks the stock codec's format, and is the stock codec for all other messages.
// It is not registered with gRPC: only the calls that name it use it.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	message, ok := v.(request)
	if !ok {
		return c.CodecV2.Marshal(v)
	}
	data, err := message.MarshalVT()
	if err != nil {
		return nil, err
	}
	return mem.BufferSlice{mem.SliceBuffer(data)}, nil
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	into, ok := v.(answer)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	return into.decode(buffer.ReadOnlyData())
}

// reads makes the calls of reads.
type reads struct {
	conn    grpc.ClientConnInterface
	options []grpc.CallOption
}

func newReads(conn grpc.ClientConnInterface) reads {
	return reads{conn, []grpc.CallOption{grpc.StaticMethod(), grpc.ForceCodecV2(newCodec())}}
}

// call asks one method, by its full name, and receives its answer into reply.
func (r reads) call(ctx context.Context, method string, request request, reply answer) error {
	return r.conn.Invoke(ctx, method, request, reply, r.options...)
}
