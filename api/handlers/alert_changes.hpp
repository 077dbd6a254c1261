#pragma once

#include <functional>

#include "api/context.hpp"
#include "api/request.hpp"

namespace nvrhub::api {

/// Sends a change to the alert actor and answers with `success` once it is durable, or with what refused it.
void change_alerts(Context& context, actors::ChangeAlerts::Change change, Respond respond,
                   std::function<Response()> success);

} // namespace nvrhub::api
