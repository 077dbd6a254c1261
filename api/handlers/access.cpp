// GET /api/v1/access: what the caller may do. Pages and scripts ask before they offer an action.
#include "api/handlers.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

void get_access(Context& context, Executor, Request request, Respond respond) {
  const access::Grant& grant = *request.grant;
  protocol::AccessInfo info{{}, grant.token_id, grant.hostname, grant.sites, {}};
  if (!grant.token_id.empty()) info.role = to_string(grant.role); // else no token is required
  for (const access::Permission permission : access::permissions_of(grant.role))
    info.may.push_back(to_string(permission));
  if (context.cluster) info.cluster = context.cluster().cluster;
  respond({200, protocol::encode(info)});
}

} // namespace nvrhub::api
