-- +goose Up
CREATE TABLE posts (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  author_id BIGINT NOT NULL,
  title VARCHAR(200) NOT NULL,
  body MEDIUMTEXT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  KEY posts_author_id (author_id, id)
) CHARACTER SET utf8mb4;

CREATE TABLE post_requests (
  owner_id BIGINT NOT NULL,
  request_key VARBINARY(128) NOT NULL,
  request_hash CHAR(64) NOT NULL,
  answer MEDIUMTEXT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (owner_id, request_key),
  KEY post_requests_created_at (created_at)
) CHARACTER SET utf8mb4;

-- How many posts were generated so far, so that a second start adds none.
CREATE TABLE post_seeds (
  id INT NOT NULL PRIMARY KEY,
  generated BIGINT NOT NULL
) CHARACTER SET utf8mb4;

-- +goose Down
DROP TABLE post_seeds;
DROP TABLE post_requests;
DROP TABLE posts;
