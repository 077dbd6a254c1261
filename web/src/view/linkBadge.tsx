import { count, duration, plural, timeOfDay } from '../model/format';
import type { Link } from '../net/feed';
import { useTick } from './hooks';

/** How current the shown state is. Screen readers announce a change of the phase, not each second. */
export function LinkBadge({ link }: { link: Link }) {
  return (
    <span class={`badge badge-${link.phase.replace(' ', '-')}`} role="status">
      <span class="badge-dot" aria-hidden="true" />
      {link.phase === 'live' && 'Live'}
      {link.phase === 'connecting' && 'Connecting'}
      {link.phase === 'loading' && <>Loading<span aria-hidden="true"> {link.nvrs > 0 && plural(link.nvrs, 'NVR')}</span></>}
      {link.phase === 'catching up' && <>Catching up<span aria-hidden="true"> {count(link.behind)} behind</span></>}
      {link.phase === 'lost' && (link.locked ? 'Token required' : <>Disconnected<Since at={link.since} /></>)}
    </span>
  );
}

function Since({ at }: { at: number }) {
  useTick(1000);
  return <span aria-hidden="true"> for {duration((Date.now() - at) / 1000)}</span>;
}

export function LostBanner({ link }: { link: Link }) {
  if (link.phase !== 'lost') return null;
  return (
    <p class="banner banner-lost" role="alert">
      Connection lost: {link.why}. The page shows the state at {timeOfDay(link.since)}. Reconnecting.
    </p>
  );
}
