// Plays history on: the playhead moves through time at a multiple of its pace, and stops at the present.
import { moment, goLive, goTime } from './moment.js';
import { present } from './clock.js';

const beat = 250;
const listeners = [];

export const player = {
  speed: 5,
  isPlaying: false,
  onChange(listener) { listeners.push(listener); },
  toggle() { if (player.isPlaying) player.stop(); else player.start(); },
  start() {
    if (player.isPlaying) return;
    // From the present there is nowhere to go: begin a while before it.
    let time = moment.live ? present() - 60_000 * Math.max(1, Math.min(player.speed / 5, 60)) : moment.time;
    player.isPlaying = true;
    let last = performance.now();
    timer = setInterval(() => {
      const now = performance.now();
      time += (now - last) * player.speed;
      last = now;
      if (time >= present()) {
        player.stop();
        goLive();
      } else {
        goTime(time, { delay: 0 });
      }
    }, beat);
    for (const listener of listeners) listener();
  },
  stop() {
    if (!player.isPlaying) return;
    clearInterval(timer);
    player.isPlaying = false;
    for (const listener of listeners) listener();
  },
};
let timer = 0;
