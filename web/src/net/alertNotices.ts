import { alertHash } from '../model/route';
import type { Alert } from '../protocol';
import { readSetting, saveSetting } from '../settings';
import { Signal } from '../signal';
import type { Alerts } from './alerts';

const SHOW = 'nvrhub.notify';
const SOUND = 'nvrhub.sound';
const MOST = 3; // at a time; more are one notification

/**
 * Notifications of the browser and a sound for alerts that become open while the page is. Both are off until the user
 * switches them on.
 */
export class AlertNotices {
  readonly changed = new Signal();
  why = ''; // no notifications are shown
  sound = readSetting(SOUND) === 'on';
  #wanted = readSetting(SHOW) === 'on';
  #known: Set<string> | undefined; // undefined: the alerts that were there before are not known yet
  #audio: AudioContext | undefined;

  constructor(alerts: Alerts) {
    alerts.changed.on(() => this.#look(alerts));
  }

  get shown(): boolean {
    return this.#wanted && 'Notification' in window && Notification.permission === 'granted';
  }

  /** REQUIRES: called by a click, because browsers ask for permission only then. */
  async show(on: boolean): Promise<void> {
    this.why = '';
    if (on && !('Notification' in window)) this.why = 'This browser shows none for this page. Most need https:// for it.';
    else if (on && (await Notification.requestPermission()) !== 'granted') this.why = 'The browser does not permit them for this page. Its settings can change that.';
    this.#wanted = on && this.why === '';
    saveSetting(SHOW, this.#wanted ? 'on' : 'off');
    this.changed.fire();
  }

  /** REQUIRES: called by a click, because browsers play sounds only after one. */
  setSound(on: boolean): void {
    this.sound = on;
    saveSetting(SOUND, on ? 'on' : 'off');
    if (on) this.#play();
    this.changed.fire();
  }

  #look(alerts: Alerts): void {
    if (!alerts.firing) return;
    const open = alerts.open();
    const known = this.#known;
    if (known) {
      const fresh = open.filter(({ id }) => !known.has(id));
      if (fresh.length > 0) this.#announce(fresh);
    }
    // Of a list that is cut an alert may be missing although it fires.
    this.#known = new Set([...(alerts.isCut && known ? known : []), ...open.map(({ id }) => id), ...alerts.firing.filter(({ id }) => known?.has(id)).map(({ id }) => id)]);
  }

  #announce(fresh: readonly Alert[]): void {
    if (this.sound) this.#play();
    if (!this.shown) return;
    if (fresh.length > MOST) return this.#notify(`${fresh.length} new alerts`, fresh.map(subjectText).slice(0, 10).join(', '), '');
    for (const alert of fresh) this.#notify(`${alert.severity}: ${alert.rule}`, subjectText(alert), alert.id);
  }

  #notify(title: string, body: string, id: string): void {
    try {
      const notification = new Notification(title, { body, tag: id || 'nvrhub-alerts', requireInteraction: true }); // the tag: one over all tabs
      notification.onclick = () => {
        window.focus();
        location.hash = id ? alertHash(id) : '#/alerts';
        notification.close();
      };
    } catch {
      this.why = 'This browser shows notifications of installed applications only.';
      this.changed.fire();
    }
  }

  /** A short tone. Silent until the page was clicked or a key was pressed, as browsers demand. */
  #play(): void {
    if (!navigator.userActivation?.hasBeenActive) return;
    this.#audio ??= new AudioContext();
    const { currentTime: at, destination } = this.#audio;
    const tone = this.#audio.createOscillator();
    const volume = this.#audio.createGain();
    tone.frequency.setValueAtTime(880, at);
    tone.frequency.setValueAtTime(660, at + 0.15);
    volume.gain.setValueAtTime(0.2, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(volume).connect(destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}

/** What the alert is about, in words. */
function subjectText({ level, site, hostname, camera }: Alert): string {
  if (level === 'site') return `site ${site}`;
  const where = site ? `, ${site}` : '';
  return level === 'nvr' ? `NVR ${hostname}${where}` : `camera ${camera} of ${hostname}${where}`;
}
