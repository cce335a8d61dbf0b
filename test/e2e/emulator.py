"""Starts ministack 1.5.33 with corrections where it differs from AWS for this test."""

import json

from ministack import app
from ministack.core import iam_actions
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

# The ARN of a schedule contains its group. ministack checks each schedule as if it were in the group `default`, so a grant
# for one group, which is valid on AWS, would never match.
arn_of = iam_actions.extract_resource_arn


def arn_with_group(service, method, path, headers, body, query, region, account):
    arn = arn_of(service, method, path, headers, body, query, region, account)
    if ":schedule/default/" not in arn:
        return arn
    group = query.get("groupName") or (json.loads(body).get("GroupName") if body else None) or "default"
    group = group[0] if isinstance(group, list) else group
    return arn.replace(":schedule/default/", f":schedule/{group}/")


iam_actions.extract_resource_arn = arn_with_group

# An alarm can have an expression over metrics, and an alarm on a labelled metric has the same form. ministack supports only
# alarms on one metric. This test checks no alarm states, so the first metric is used.
alarm_of = provisioners._cw_metric_alarm_record


def alarm_on_first_metric(name, props):
    stats = [entry["MetricStat"] for entry in props.get("Metrics") or [] if "MetricStat" in entry]
    if not stats:
        return alarm_of(name, props)
    metric = {**stats[0]["Metric"], "Period": stats[0]["Period"]}
    single = {key: value for key, value in props.items() if key != "Metrics"}
    return alarm_of(name, {**single, **metric, "Statistic": stats[0]["Stat"]})


provisioners._cw_metric_alarm_record = alarm_on_first_metric

# Lambda gets the queue that gave a dead letter up among the attributes of the message. ministack has it in an answer to
# ReceiveMessage only.
run_batch = lambda_svc._run_sqs_batch


def run_batch_with_sources(esm, function, event, batch, *more):
    sources = {message["id"]: (message.get("sys") or {}).get("DeadLetterQueueSourceArn") for message in batch}
    for record in event["Records"]:
        if sources.get(record["messageId"]):
            record["attributes"]["DeadLetterQueueSourceArn"] = sources[record["messageId"]]
    return run_batch(esm, function, event, batch, *more)


lambda_svc._run_sqs_batch = run_batch_with_sources

# With TLS, ministack also listens on port 443 if it is free. Two runs could not share this fixed port.
app._port_is_bindable = lambda host, port: False

app.main()
