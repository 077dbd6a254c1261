import type { Access } from '../net/access';
import type { Permission } from '../protocol';
import { useSignal } from './hooks';

const WORDS: Record<Permission, string> = {
  report: 'report as an NVR',
  read: 'see the fleet',
  change: 'register, rename, move and remove NVRs and cameras',
  operate: 'set statuses by hand, use the waiting room, acknowledge alerts and plan maintenance',
  administer: 'make backups and drain the server',
};

const siteNames = (sites: string[]): string => sites.map((site) => site || 'no site').join(', ');

/** In the head of the page: the role of the token and its sites. Nothing while no token is required. */
export function AccessNote({ access }: { access: Access }) {
  useSignal(access.changed, 0);
  const { info } = access;
  if (!info?.role) return null;
  const text = info.sites ? `${info.role} · ${siteNames(info.sites)}` : info.role;
  return <span class="access dim" title={`This token may ${info.may.map((one) => WORDS[one]).join('; ')}.`}>{text}</span>;
}

/** In the help: the same in full. */
export function AccessList({ access }: { access: Access }) {
  useSignal(access.changed, 0);
  const { info } = access;
  if (!info) return null;
  return (
    <>
      <h3>Your access</h3>
      <p>
        {info.role ? <>This page uses a token of role <b>{info.role}</b>{info.sites && <> for {siteNames(info.sites)} only</>}. It may:</>
          : 'This server requires no token. Everybody who reaches it may:'}
      </p>
      <ul class="bullets">{info.may.map((one) => <li key={one}>{WORDS[one]}</li>)}</ul>
    </>
  );
}
