import { request } from 'undici';
import type { Sender } from '../activities/port';

export const proxy: Sender = {
  async send(text) {
    await request('http://localhost', { method: 'POST', body: text });
  },
};
