package server

import (
	"context"

	"bff"
	"bff/rpcbff"
	"bff/transport"
)

// newRPC returns the RPC-BFF beside GraphQL, under the same bounds.
func newRPC(domain rpcbff.Domain, config Config, graphql transport.Options) *rpcbff.Handler {
	options := rpcbff.Options{
		MaxBody: graphql.MaxBody, MaxCost: graphql.Limits.Cost, MaxBatchCost: graphql.Limits.BatchCost, Timeout: config.RequestTimeout,
		Introspection: graphql.Introspection, Logger: graphql.Logger,
		Observe: func(ctx context.Context, call rpcbff.Call) {
			o := transport.Operation{Protocol: call.Protocol, Name: call.Name, Type: call.Type, Status: call.Status, Bytes: call.Bytes, Deprecated: call.Deprecated, CostEstimated: call.Cost}
			if call.Code != "" {
				o.Codes = []string{call.Code}
			}
			transport.Observe(ctx, o)
		},
	}
	if graphql.Admit != nil {
		options.Admit = func(ctx context.Context, cost int) error {
			if err := graphql.Admit(ctx, cost); err != nil {
				return bff.Errorf(bff.RateLimited, "%s", err.Message)
			}
			return nil
		}
	}
	return rpcbff.NewHandler(rpcbff.NewApp(domain.Procedures()...), options)
}
