export { Layout } from './Layout';
export { Feed, LeadStory, People, ProfileCard, Pulse, UserPosts, ViewerBox } from './parts';
export { SignIn } from './SignIn';
