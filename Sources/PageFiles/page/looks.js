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

// A pod's state as a square shows it: a look, a letter, and words.
export function podLook(pod) {
  const phase = pod.status?.phase ?? 'Unknown';
  if (pod.metadata.deletionTimestamp) return { look: 'leaving running', words: 'leaving' };
  const waiting = (pod.status?.containerStatuses ?? []).find((c) => c.state?.waiting && bad.test(c.state.waiting.reason));
  if (waiting) return { look: 'failed', words: waiting.state.waiting.reason };
  if (phase === 'Running') {
    const isReady = (pod.status.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True');
    return isReady ? { look: 'running', words: 'running' } : { look: 'unready', words: 'running, not ready' };
  }
  return { look: { Pending: 'pending', Failed: 'failed', Succeeded: 'succeeded' }[phase] ?? 'failed', words: phase.toLowerCase() };
}
