/** A fleet of nobody: how the first one comes. */
export function EmptyFleet() {
  const { host, origin } = location;
  const socket = `${location.protocol.replace('http', 'ws')}//${host}/ws`;
  return (
    <main class="empty panel">
      <h2>No NVR yet</h2>
      <p>Register one:</p>
      <pre>{`curl -X PUT ${origin}/api/v1/nvrs/NVR-1 -d '{"cameras": [{"name": "Gate"}, {"name": "Yard"}]}'`}</pre>
      <p>Then have it connect to <code>{socket}</code> and say who it is and how its cameras are:</p>
      <pre>{'{"type": "auth", "hostname": "NVR-1", "systemStatus": {"cameras": [{"name": "Gate", "status": "online"}]}}'}</pre>
      <p>Or look at a fleet that is played: <code>nvrhub simulate --register --server {host}</code></p>
      <p class="dim">This page shows it as soon as it is there.</p>
    </main>
  );
}
