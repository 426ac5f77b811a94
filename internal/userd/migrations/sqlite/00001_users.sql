-- +goose Up
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL COLLATE NOCASE UNIQUE,
  avatar TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  password_hash TEXT NOT NULL DEFAULT '',
  roles TEXT NOT NULL DEFAULT '',
  created_at DATETIME NOT NULL
);

CREATE TABLE user_requests (
  owner_id INTEGER NOT NULL,
  request_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  PRIMARY KEY (owner_id, request_key)
);
CREATE INDEX user_requests_created_at ON user_requests (created_at);

-- +goose Down
DROP TABLE user_requests;
DROP TABLE users;
