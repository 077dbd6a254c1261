/** Shown when no NVR is registered: how to connect the first one. */
export function EmptyFleet() {
  const { host, origin } = location;
  const socket = `${location.protocol.replace('http', 'ws')}//${host}/ws`;
  return (
    <main class="empty panel">
      <h2>No NVR yet</h2>
      <p>Register one:</p>
      <pre>{`curl -X PUT ${origin}/api/v1/nvrs/NVR-1 -d '{"cameras": [{"name": "Gate"}, {"name": "Yard"}]}'`}</pre>
      <p>Then let it connect to <code>{socket}</code> and send its hostname and the status of its cameras:</p>
      <pre>{'{"type": "auth", "hostname": "NVR-1", "systemStatus": {"cameras": [{"name": "Gate", "status": "online"}]}}'}</pre>
      <p>Or start a simulated fleet: <code>nvrhub simulate --register --server {host}</code></p>
      <p class="dim">This page shows the NVR as soon as it is registered.</p>
    </main>
  );
}
