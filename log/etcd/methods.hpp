#pragma once

#include <string_view>

/// The gRPC methods of etcd that the adapter calls.
namespace nvrhub::log::etcd::methods {

inline constexpr std::string_view range = "/etcdserverpb.KV/Range";
inline constexpr std::string_view txn = "/etcdserverpb.KV/Txn";
inline constexpr std::string_view compact = "/etcdserverpb.KV/Compact";
inline constexpr std::string_view watch = "/etcdserverpb.Watch/Watch";
inline constexpr std::string_view lease_grant = "/etcdserverpb.Lease/LeaseGrant";
inline constexpr std::string_view lease_revoke = "/etcdserverpb.Lease/LeaseRevoke";
inline constexpr std::string_view lease_keep_alive = "/etcdserverpb.Lease/LeaseKeepAlive";
inline constexpr std::string_view authenticate = "/etcdserverpb.Auth/Authenticate";
inline constexpr std::string_view status = "/etcdserverpb.Maintenance/Status";

} // namespace nvrhub::log::etcd::methods
