package backends

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc"

	"bff"
	userv1 "bff/internal/gen/user/v1"
)

// Users is the client of the user service. Safe for concurrent use.
type Users struct {
	reads  reads
	client userv1.UserServiceClient // for what is not read often

	byIDs, pages sync.Pool // received messages that the next answers use again
}

// NewUsers returns a client that calls through conn, which stays the caller's to close.
func NewUsers(conn grpc.ClientConnInterface) *Users {
	return &Users{
		reads:  newReads(conn),
		client: userv1.NewUserServiceClient(conn),
		byIDs:  sync.Pool{New: func() any { return new(userv1.BatchGetUsersResponse) }},
		pages:  sync.Pool{New: func() any { return new(userv1.ListUsersResponse) }},
	}
}

// ByIDs is a fetch.Func: the users with these ids, at most MaxKeys of them, by one call.
func (u *Users) ByIDs(ctx context.Context, ids []int64) (map[int64]*bff.User, error) {
	reply := usersByID{spare: &u.byIDs}
	if err := u.reads.call(ctx, userv1.UserService_BatchGetUsers_FullMethodName, &userv1.BatchGetUsersRequest{Ids: ids}, &reply); err != nil {
		return nil, fmt.Errorf("get %d users: %w", len(ids), asked(err))
	}
	return reply.found, nil
}

// Pages is a fetch.Func: pages of all users, one call for each.
func (u *Users) Pages(ctx context.Context, pages []bff.PageArgs) (map[bff.PageArgs]*bff.Page[*bff.User], error) {
	return concurrently(ctx, pages, func(ctx context.Context, args bff.PageArgs) (*bff.Page[*bff.User], error) {
		reply := usersPage{spare: &u.pages}
		if err := u.reads.call(ctx, userv1.UserService_ListUsers_FullMethodName, &userv1.ListUsersRequest{Page: pageArgs(args)}, &reply); err != nil {
			return nil, fmt.Errorf("list users: %w", asked(err))
		}
		return reply.page, nil
	})
}

// VerifyPassword returns the account with this name and password. It answers Unauthenticated if there is none, in
// words that do not tell which of the two was wrong.
func (u *Users) VerifyPassword(ctx context.Context, username, password string) (*bff.Account, error) {
	reply, err := u.client.VerifyPassword(ctx, &userv1.VerifyPasswordRequest{Username: username, Password: password})
	if err != nil {
		return nil, fmt.Errorf("verify password: %w", wished(err))
	}
	return &bff.Account{User: userFrom(reply.GetUser()), Roles: reply.GetRoles()}, nil
}

// UpdateProfile changes a user and returns the user as changed. It answers Invalid, NotFound or Conflict.
func (u *Users) UpdateProfile(ctx context.Context, change bff.ProfileChange) (*bff.User, error) {
	request := &userv1.UpdateProfileRequest{
		Id: change.UserID, Username: change.Username, Avatar: change.Avatar, IdempotencyKey: change.IdempotencyKey,
	}
	if change.Phone != nil {
		change.Phone.Reveal(func(digits string) { request.Phone = &digits })
	}

	reply, err := u.client.UpdateProfile(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("update profile: %w", wished(err))
	}
	return userFrom(reply.GetUser()), nil
}

func userFrom(u *userv1.User) *bff.User {
	return &bff.User{
		ID:        u.GetId(),
		Username:  u.GetUsername(),
		Avatar:    u.GetAvatar(),
		Phone:     bff.NewPhone(u.GetPhone()),
		CreatedAt: u.GetCreatedAt().AsTime(),
	}
}
