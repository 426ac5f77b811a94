// Clients of userd and postd, from the files of proto/. Each has one channel, which all requests share.
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const includeDirs = [fileURLToPath(new URL('../../../proto', import.meta.url))];
const files = ['user/v1/user.proto', 'post/v1/post.proto'];
const { bff } = grpc.loadPackageDefinition(loadSync(files, { includeDirs, keepCase: true, longs: Number, defaults: true, arrays: true, objects: true }));

const channel = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  'grpc.max_receive_message_length': 128 << 20,
};
const timeout = 2_000; // of one call

/** Returns the calls that the procedures make, each a promise of the answer. */
export function connect(userd, postd) {
  const users = new bff.user.v1.UserService(userd, grpc.credentials.createInsecure(), channel);
  const posts = new bff.post.v1.PostService(postd, grpc.credentials.createInsecure(), channel);
  const call = (client, method) => (request) =>
    new Promise((resolve, reject) => {
      client[method](request, { deadline: Date.now() + timeout }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  return {
    getUsers: call(users, 'BatchGetUsers'),
    listUsers: call(users, 'ListUsers'),
    countPosts: call(posts, 'BatchCountPostsByAuthor'),
    listPosts: call(posts, 'ListPosts'),
    close() {
      users.close();
      posts.close();
    },
  };
}
