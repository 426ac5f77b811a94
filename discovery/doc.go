// Package discovery says who serves where: providers register themselves in ZooKeeper, consumers watch and push the
// addresses into gRPC. It never asks ZooKeeper inside a call: a call finds the addresses that were pushed before it.
//
//	zookeeper, err := discovery.NewZooKeeper([]string{"127.0.0.1:2181"}, discovery.Options{})
//	defer zookeeper.Close()
//
//	registration, err := zookeeper.Register(ctx, service, discovery.Instance{Addr: "10.0.0.7:10000"}) // a provider
//
//	builder := discovery.NewBuilder(zookeeper) // a consumer
//	conn, err := grpc.NewClient("zk:///"+service, grpc.WithResolvers(builder), …)
//
// A provider is the ephemeral node /bff/services/<service>/<host:port>; its data is an Instance in JSON. Whatever
// happens to ZooKeeper, its providers and consumers come back without help; until then consumers keep the last list
// that was good:
//
//	             first answer                        change
//	(unknown) ──────────────────▶ ZooKeeper's list ──────────▶ the new list is pushed
//	    │                          │            ▲
//	    │ silent for 500 ms        │ down, or   │ an answer that
//	    ▼                          ▼ all gone   │ is not empty
//	list of the snapshot ────▶ last good list ──┘
package discovery
