#pragma once

#include "store/entry/entry.hpp"
#include "store/records/wire.hpp"

namespace nvrhub::store::entry {

// Encoding of the fields of the kinds that concern membership (codec.hpp encodes entries). The readers fail on the name
// of a node that is none, and on an announcement that is too long.

void write_fields(ByteWriter& out, const NodeJoined& joined);
void write_fields(ByteWriter& out, const NodeLost& lost);
void write_fields(ByteWriter& out, const Claims& claims);
void write_fields(ByteWriter& out, const Expire& expire);

NodeJoined read_node_joined(ByteReader& in);
NodeLost read_node_lost(ByteReader& in);
Claims read_claims(ByteReader& in);
Expire read_expire(ByteReader& in);

} // namespace nvrhub::store::entry
