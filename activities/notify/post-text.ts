import { POST_TIMEOUT, postOnce, type Post } from '../../platform/post-once';
import { NotDelivered } from './not-delivered';

/** Posts JSON, and takes any 2xx for an arrival. @throws NotDelivered */
export async function postText(post: Post): Promise<void> {
  const answered = await postOnce(post);
  if (answered === 'unreachable') throw new NotDelivered('could not be reached');
  if (answered === 'timedOut') throw new NotDelivered(`did not answer within ${post.timeout ?? POST_TIMEOUT} ms`);
  if (answered < 200 || answered > 299) throw new NotDelivered(`answered ${answered}`);
}
