#pragma once

#include "fleet/event.hpp"
#include "store/records/wire.hpp"

namespace nvrhub::store {

// Encoding of the fleet's types inside records. A read that fails leaves the reader failed (wire.hpp).

bool read_bool(ByteReader& in);
fleet::Source read_source(ByteReader& in);

void write(ByteWriter& out, const fleet::Status& status);
/// All fields except `version`, which the state has.
void write(ByteWriter& out, const fleet::Nvr& nvr);
/// All fields except `seq`, which is the key, and `device_name`, which the state has.
void write(ByteWriter& out, const fleet::Event& event);

void read(ByteReader& in, fleet::Status& status);
void read(ByteReader& in, fleet::Nvr& nvr);
void read(ByteReader& in, fleet::Event& event);
/// Also accepts a `registered` event without an NVR, which a Write may have until it is validated.
void read_draft(ByteReader& in, fleet::Event& event);

} // namespace nvrhub::store
