#include "store/entry/member_codec.hpp"

namespace nvrhub::store::entry {

namespace {

constexpr std::size_t min_claim = 2; // bytes

void write_origin(ByteWriter& out, const Origin& origin) {
  out.text(origin.node);
  out.varint(origin.boot);
}

Origin read_origin(ByteReader& in) {
  Origin origin;
  origin.node = in.text();
  origin.boot = in.varint();
  if (!is_node_name(origin.node)) in.fail();
  return origin;
}

} // namespace

void write_fields(ByteWriter& out, const NodeJoined& joined) {
  write_origin(out, joined.origin);
  out.text(joined.announcement);
  out.zigzag(joined.at);
  out.varint(joined.grace_ms);
}

NodeJoined read_node_joined(ByteReader& in) {
  NodeJoined joined;
  joined.origin = read_origin(in);
  joined.announcement = in.text();
  if (joined.announcement.size() > max_announcement) in.fail();
  joined.at = in.zigzag();
  joined.grace_ms = in.varint();
  return joined;
}

void write_fields(ByteWriter& out, const NodeLost& lost) {
  write_origin(out, lost.origin);
  out.zigzag(lost.at);
  out.varint(lost.grace_ms);
}

NodeLost read_node_lost(ByteReader& in) {
  NodeLost lost;
  lost.origin = read_origin(in);
  lost.at = in.zigzag();
  lost.grace_ms = in.varint();
  return lost;
}

void write_fields(ByteWriter& out, const Claims& claims) {
  out.varint(claims.claims.size());
  for (const Claim& claim : claims.claims) {
    out.text(claim.hostname);
    out.varint(claim.old_session);
  }
}

Claims read_claims(ByteReader& in) {
  Claims claims;
  claims.claims.resize(in.count(min_claim));
  for (Claim& claim : claims.claims) {
    claim.hostname = in.text();
    claim.old_session = in.varint();
  }
  return claims;
}

void write_fields(ByteWriter& out, const Expire& expire) {
  write_origin(out, expire.origin);
  out.zigzag(expire.at);
  out.varint(expire.limit);
}

Expire read_expire(ByteReader& in) {
  Expire expire;
  expire.origin = read_origin(in);
  expire.at = in.zigzag();
  expire.limit = in.varint();
  return expire;
}

} // namespace nvrhub::store::entry
