package cache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"bff"
	cachev1 "bff/internal/gen/cache/v1"
)

// Codec turns values into the bytes that Redis keeps, and back.
type Codec[V any] struct {
	Encode func(V) ([]byte, error)
	Decode func(key int64, text []byte) (V, error)
	Weigh  func(V) uint32 // how many bytes a value takes in memory, about
}

var errOtherKey = errors.New("the value belongs to another key")

// Users returns the codec of users. Their phones are sealed with AES-256-GCM under a key that is derived from secret
// (HKDF, RFC 5869), so replicas with the same secret read each other's.
func Users(secret []byte) (Codec[*bff.User], error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "bff redis phone v1", 32)
	if err != nil {
		return Codec[*bff.User]{}, fmt.Errorf("derive cache key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Codec[*bff.User]{}, err
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		return Codec[*bff.User]{}, err
	}

	return Codec[*bff.User]{
		Encode: func(u *bff.User) ([]byte, error) {
			return proto.Marshal(&cachev1.User{
				Id: u.ID, Username: u.Username, Avatar: u.Avatar, SealedPhone: seal(sealer, u), CreatedAt: timestamppb.New(u.CreatedAt),
			})
		},
		Decode: func(key int64, text []byte) (*bff.User, error) {
			var m cachev1.User
			if err := proto.Unmarshal(text, &m); err != nil {
				return nil, err
			}
			if m.GetId() != key {
				return nil, errOtherKey
			}
			phone, err := open(sealer, key, m.GetSealedPhone())
			if err != nil {
				return nil, err
			}
			return &bff.User{ID: key, Username: m.GetUsername(), Avatar: m.GetAvatar(), Phone: phone, CreatedAt: m.GetCreatedAt().AsTime()}, nil
		},
		Weigh: func(u *bff.User) uint32 { return uint32(96 + len(u.Username) + len(u.Avatar)) }, //nolint:gosec // bounded by the service
	}, nil
}

// seal hides the phone. It is bound to its user, so that it opens for no other.
func seal(sealer cipher.AEAD, u *bff.User) []byte {
	nonce := make([]byte, sealer.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	var sealed []byte
	u.Phone.Reveal(func(digits string) { sealed = sealer.Seal(nonce, nonce, []byte(digits), owner(u.ID)) })
	return sealed
}

func open(sealer cipher.AEAD, id int64, sealed []byte) (bff.Phone, error) {
	if len(sealed) < sealer.NonceSize() {
		return bff.Phone{}, errors.New("the phone is not sealed")
	}
	digits, err := sealer.Open(nil, sealed[:sealer.NonceSize()], sealed[sealer.NonceSize():], owner(id))
	if err != nil {
		return bff.Phone{}, errors.New("the phone was sealed with another key")
	}
	return bff.NewPhone(string(digits)), nil
}

func owner(id int64) []byte { return strconv.AppendInt([]byte("user:"), id, 10) }

// Posts returns the codec of posts.
func Posts() Codec[*bff.Post] {
	return Codec[*bff.Post]{
		Encode: func(p *bff.Post) ([]byte, error) {
			return proto.Marshal(&cachev1.Post{Id: p.ID, AuthorId: p.AuthorID, Title: p.Title, Body: p.Body, CreatedAt: timestamppb.New(p.CreatedAt)})
		},
		Decode: func(key int64, text []byte) (*bff.Post, error) {
			var m cachev1.Post
			if err := proto.Unmarshal(text, &m); err != nil {
				return nil, err
			}
			if m.GetId() != key {
				return nil, errOtherKey
			}
			return &bff.Post{ID: key, AuthorID: m.GetAuthorId(), Title: m.GetTitle(), Body: m.GetBody(), CreatedAt: m.GetCreatedAt().AsTime()}, nil
		},
		Weigh: func(p *bff.Post) uint32 { return uint32(96 + len(p.Title) + len(p.Body)) }, //nolint:gosec // bounded by the service
	}
}

// Counts returns the codec of numbers.
func Counts() Codec[int64] {
	return Codec[int64]{
		Encode: func(n int64) ([]byte, error) { return proto.Marshal(&cachev1.Count{Count: n}) },
		Decode: func(_ int64, text []byte) (int64, error) {
			var m cachev1.Count
			err := proto.Unmarshal(text, &m)
			return m.GetCount(), err
		},
		Weigh: func(int64) uint32 { return 8 },
	}
}
