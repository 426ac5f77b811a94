-- +goose Up
CREATE TABLE users (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  username VARCHAR(64) NOT NULL,
  avatar VARCHAR(255) NOT NULL DEFAULT '',
  phone VARCHAR(32) NOT NULL DEFAULT '',
  password_hash VARCHAR(255) NOT NULL DEFAULT '',
  roles VARCHAR(255) NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY users_username (username)
) CHARACTER SET utf8mb4;

CREATE TABLE user_requests (
  owner_id BIGINT NOT NULL,
  request_key VARBINARY(128) NOT NULL,
  request_hash CHAR(64) NOT NULL,
  answer MEDIUMTEXT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (owner_id, request_key),
  KEY user_requests_created_at (created_at)
) CHARACTER SET utf8mb4;

-- +goose Down
DROP TABLE user_requests;
DROP TABLE users;
