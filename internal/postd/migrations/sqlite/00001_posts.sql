-- +goose Up
CREATE TABLE posts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  author_id INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at DATETIME NOT NULL
);
CREATE INDEX posts_author_id ON posts (author_id, id);

CREATE TABLE post_requests (
  owner_id INTEGER NOT NULL,
  request_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  PRIMARY KEY (owner_id, request_key)
);
CREATE INDEX post_requests_created_at ON post_requests (created_at);

-- How many posts were generated so far, so that a second start adds none.
CREATE TABLE post_seeds (
  id INTEGER NOT NULL PRIMARY KEY,
  generated INTEGER NOT NULL
);

-- +goose Down
DROP TABLE post_seeds;
DROP TABLE post_requests;
DROP TABLE posts;
