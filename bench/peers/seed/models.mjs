// The seed's tables with the fleet that bench/load.cpp reports: BENCH-0, ... with CAM-001, ...
// The document names only columns. Faster choices: a unique index for each lookup, no Sequelize timestamps, no statement
// log. A status is text: the load's "fine_on" would not fit an enum.
import { DataTypes, Sequelize } from 'sequelize';

const FLEET_AT_ONCE = 100; // NVRs in one INSERT

/** `database`: the folder of PostgreSQL's socket, the fastest connection. The pool has Sequelize's default settings. */
export async function openModels(database, nvrs, cameras) {
  const sequelize = new Sequelize('postgres', 'postgres', '', { dialect: 'postgres', host: database, logging: false });
  const options = { timestamps: false };
  const Nvr = sequelize.define('nvr', {
    hostname: { type: DataTypes.STRING, unique: true, allowNull: false },
    device_name: DataTypes.STRING,
    status: { type: DataTypes.STRING, defaultValue: 'offline' },
    last_seen: DataTypes.DATE,
  }, options);
  const Camera = sequelize.define('camera', {
    nvr_id: { type: DataTypes.INTEGER, allowNull: false },
    name: { type: DataTypes.STRING, allowNull: false },
    ip_address: DataTypes.STRING,
    status: { type: DataTypes.STRING, defaultValue: 'offline' },
  }, { ...options, indexes: [{ unique: true, fields: ['nvr_id', 'name'] }] });
  Nvr.hasMany(Camera, { foreignKey: 'nvr_id' });

  await sequelize.sync({ force: true });
  for (let first = 0; first < nvrs; first += FLEET_AT_ONCE) {
    const made = await Nvr.bulkCreate(Array.from({ length: Math.min(FLEET_AT_ONCE, nvrs - first) },
      (_, i) => ({ hostname: `BENCH-${first + i}`, device_name: `BENCH-${first + i}` })));
    await Camera.bulkCreate(made.flatMap(({ id }) => Array.from({ length: cameras }, (_, i) => ({
      nvr_id: id,
      name: `CAM-${String(i + 1).padStart(3, '0')}`,
      ip_address: `192.168.${Math.floor(i / 250)}.${i % 250}`,
    }))));
  }
  await sequelize.query('ANALYZE'); // as autovacuum would do later
  return { Nvr, Camera };
}
