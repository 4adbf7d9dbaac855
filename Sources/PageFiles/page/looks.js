// Which words are good news and which are not.
const bad = /^(Failed|Error|CrashLoopBackOff|ErrImage\w*|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error|OOMKilled|Evicted|Lost|NotReady.*|Unknown|BackOff|FailedScheduling|FailedCreate|Unhealthy|Denied)$/;
const warn = /^(Pending|Terminating|ContainerCreating|PodInitializing|Init:.*|Released|Warning|SchedulingDisabled|.*,SchedulingDisabled|Waiting)$/;
const good = /^(Running|Ready|Active|Bound|Available|Complete|Approved,Issued)$/;

export function look(column, text = '') {
  if (['Status', 'Reason', 'Type', 'Phase', 'Condition'].includes(column)) return bad.test(text) ? 'bad' : warn.test(text) ? 'warn' : good.test(text) ? 'good' : '';
  if (column === 'Ready') {
    const parts = /^(\d+)\/(\d+)$/.exec(text);
    return parts && parts[1] !== parts[2] ? 'warn' : '';
  }
  if (column === 'Age' || column === 'Last Seen') return 'soft';
  return '';
}

// A pod's state as a square shows it, from its Status and Ready columns: a look and words.
export function podLook(status, ready) {
  if (status === 'Terminating') return { look: 'leaving running', words: 'leaving' };
  if (status === 'Completed' || status === 'Succeeded') return { look: 'succeeded', words: 'done' };
  if (status === 'Running') {
    const [up, all] = ready.split('/');
    return up === all ? { look: 'running', words: 'running' } : { look: 'unready', words: `running, ${ready} ready` };
  }
  if (warn.test(status)) return { look: 'pending', words: status };
  return { look: 'failed', words: status };
}
