// Messages and responses of the server, as in docs/reference/protocol.md.

export type Permission = 'report' | 'read' | 'change' | 'operate' | 'administer';

export interface AccessInfo {
  role: string | null; // null: no token is required
  token: string | null; // its id
  sites: string[] | null; // the only ones; null: all
  may: Permission[];
  cluster?: string; // its identity; a single server has none
}

/** What lists say of a token. */
export interface AccessToken {
  id: string;
  made: string;
  role: string;
  hostname: string | null;
  sites: string[] | null;
  note: string | null;
}

export interface NewAccessToken extends AccessToken {
  token: string; // its text, which is shown once
}

export interface CameraCounts {
  online: number;
  offline: number;
  other: number;
}

export interface WireCamera {
  name: string;
  status: string;
  ip_address: string | null;
  status_source: string;
  since: string | null;
}

export interface WireNvr {
  nvr_id: number;
  hostname: string;
  device_name: string;
  site: string | null;
  status: 'online' | 'offline';
  last_seen: string | null;
  unconfirmed: boolean;
  camera_counts?: CameraCounts; // detail counts
  cameras?: WireCamera[]; // detail camera
}

export interface CameraChange {
  name: string;
  status: string;
  from: string; // the status before
  status_source: string;
}

export interface WireEvent {
  seq: number;
  timestamp: string;
  kind: string;
  nvr_id: number;
  hostname: string;
  cause?: string;
  detail?: string;
  cameras_updated?: number;
  cameras?: CameraChange[];
  camera_counts?: CameraCounts;
  nvr?: WireNvr;
}

export type FeedMessage =
  | { type: 'subscribed'; epoch: string; seq: number; recovered: boolean }
  | { type: 'snapshot'; seq: number; page: number; last: boolean; nvrs: WireNvr[] }
  | { type: 'events'; from: number; to: number; events: WireEvent[] }
  | { type: 'confirmed'; nvr_ids: number[] }
  | { type: 'error'; code: string; message: string };

export interface Filter {
  hostnames?: string[];
}

export interface Summary {
  seq: number;
  nvrs: { online: number; offline: number; unconfirmed: number };
  cameras: CameraCounts;
}

export interface NvrPage {
  seq: number;
  epoch: string;
  nvrs: WireNvr[];
  next: string | null;
}

export interface EventPage {
  epoch: string;
  events: WireEvent[];
  next: string | null;
}

export interface TimelinePoint {
  time: string;
  events: number;
  nvrs: { online: number; offline: number };
  cameras: CameraCounts;
}

export interface Timeline {
  from: string;
  to: string;
  step_s: number;
  points: TimelinePoint[];
}

export interface Availability {
  from: string;
  to: string;
  online_s: number;
  offline_s: number;
  unobserved_s: number;
  share: number | null;
  outages: { from: string; to: string; cause: string | null }[];
  outages_left_out?: number; // older ones that are not listed
  observed: { from: string; to: string }[];
}

export interface Alert {
  id: string;
  rule: string;
  level: 'site' | 'nvr' | 'camera';
  severity: 'critical' | 'warning' | 'info';
  state: 'pending' | 'firing' | 'resolved';
  site?: string;
  hostname?: string;
  camera?: string;
  begun: string;
  fired?: string;
  resolved?: string;
  flapping: boolean;
  acknowledged?: { by: string; note: string; at: string };
  inhibited_by?: string;
  maintenance?: string;
}

export interface AlertList {
  seq: number;
  alerts: Alert[];
  next: string | null;
}

/** What a rule or a maintenance window concerns: what matches every list that is set. */
export interface Scope {
  sites?: string[]; // '': NVRs without a site
  hostnames?: string[];
  cameras?: string[]; // with * and ?
}

export interface Weekly {
  days: string[]; // sun, mon, …
  start: string; // 22:00
  length: string; // 8h
  time_zone: string;
}

/** Either `from` and `to`, or `weekly`. */
export interface MaintenancePlan {
  reason: string;
  filter?: Scope;
  from?: string;
  to?: string;
  weekly?: Weekly;
}

export interface MaintenanceWindow extends MaintenancePlan {
  id: string;
  active: boolean;
}

export interface MaintenanceList {
  windows: MaintenanceWindow[];
}

/** An NVR that was refused because its hostname is not registered. */
export interface WaitingNvr {
  hostname: string;
  address: string;
  first_try: string;
  last_try: string;
  tries: number;
  cameras: string[];
  cameras_left_out: number;
  similar: { hostname: string; difference: string } | null; // a registered hostname that looks the same
  ignored: boolean;
}

export interface WaitingList {
  waiting: WaitingNvr[];
}

export interface ClusterServer {
  node: string;
  boot: string;
  address: string;
  version: string;
  state: 'live' | 'lost';
  nvrs: number;
  dashboards: number;
  applied: number; // position of the log; 0: not known yet
  joined: string;
  lost: string | null;
  expires: string | null;
}

export interface Cluster {
  cluster: string;
  node: string; // the server that answers
  log: { endpoint: string; etcd_version: string; leader: boolean; lease: boolean; head: number; applied: number; problem: string | null };
  nodes: ClusterServer[];
}
