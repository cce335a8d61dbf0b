"""Starts ministack 1.5.33, mended in three places where it differs from AWS in what this test needs."""

import json

from ministack import app
from ministack.core import iam_actions
from ministack.services.cloudformation import provisioners

# A schedule's ARN holds its group; ministack checks every schedule as if it were in the group `default`, so a grant for
# one group, which is right on AWS, would never match.
arn_of = iam_actions.extract_resource_arn


def arn_with_group(service, method, path, headers, body, query, region, account):
    arn = arn_of(service, method, path, headers, body, query, region, account)
    if ":schedule/default/" not in arn:
        return arn
    asked = query.get("groupName") or (json.loads(body).get("GroupName") if body else None) or "default"
    group = asked[0] if isinstance(asked, list) else asked
    return arn.replace(":schedule/default/", f":schedule/{group}/")


iam_actions.extract_resource_arn = arn_with_group

# An alarm may be on an expression over metrics, and one on a labelled metric is written the same way; ministack knows
# alarms on one metric only. Nothing here looks at alarms going off, so the first metric stands for all.
alarm_of = provisioners._cw_metric_alarm_record


def alarm_on_first_metric(name, props):
    stats = [entry["MetricStat"] for entry in props.get("Metrics") or [] if "MetricStat" in entry]
    if not stats:
        return alarm_of(name, props)
    one = {**stats[0]["Metric"], "Period": stats[0]["Period"]}
    plain = {key: value for key, value in props.items() if key != "Metrics"}
    return alarm_of(name, {**plain, **one, "Statistic": stats[0]["Stat"]})


provisioners._cw_metric_alarm_record = alarm_on_first_metric

# With TLS it would listen on port 443 as well, if that is free: a fixed port, which two runs could not share.
app._port_is_bindable = lambda host, port: False

app.main()
