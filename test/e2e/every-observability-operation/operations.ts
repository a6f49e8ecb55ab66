/** What has to be there of each service that watches over others, and of deployments. */
export const OPERATIONS = {
  logs: `CreateLogGroup DeleteLogGroup DescribeLogGroups CreateLogStream DescribeLogStreams PutLogEvents
    GetLogEvents FilterLogEvents PutRetentionPolicy PutMetricFilter DescribeMetricFilters DeleteMetricFilter
    TestMetricFilter PutSubscriptionFilter DescribeSubscriptionFilters DeleteSubscriptionFilter StartQuery
    GetQueryResults StartLiveTail TagResource ListTagsForResource ListTagsLogGroup`,
  cloudwatch: `PutMetricData GetMetricData GetMetricStatistics ListMetrics PutMetricAlarm DescribeAlarms
    DescribeAlarmsForMetric DescribeAlarmHistory DeleteAlarms SetAlarmState EnableAlarmActions
    DisableAlarmActions PutCompositeAlarm PutDashboard GetDashboard ListDashboards DeleteDashboards
    TagResource ListTagsForResource`,
  xray: `PutTraceSegments GetTraceSummaries BatchGetTraces GetServiceGraph PutTelemetryRecords GetSamplingRules
    GetSamplingTargets`,
  sns: `CreateTopic DeleteTopic ListTopics GetTopicAttributes SetTopicAttributes Subscribe ConfirmSubscription
    Unsubscribe ListSubscriptionsByTopic ListSubscriptions GetSubscriptionAttributes
    SetSubscriptionAttributes Publish PublishBatch AddPermission RemovePermission ListTagsForResource
    TagResource`,
  codedeploy: `CreateApplication GetApplication ListApplications UpdateApplication DeleteApplication
    CreateDeploymentGroup GetDeploymentGroup UpdateDeploymentGroup DeleteDeploymentGroup ListDeploymentGroups
    BatchGetDeploymentGroups CreateDeployment GetDeployment ListDeployments BatchGetDeployments
    StopDeployment ContinueDeployment CreateDeploymentConfig GetDeploymentConfig ListDeploymentConfigs
    DeleteDeploymentConfig PutLifecycleEventHookExecutionStatus GetDeploymentTarget ListDeploymentTargets
    BatchGetDeploymentTargets ListTagsForResource TagResource`,
} as const

/** `logs:CreateLogGroup` and so on. */
export const EVERY_OPERATION: readonly string[] = Object.entries(OPERATIONS).flatMap(([service, names]) =>
  names.split(/\s+/).map(name => `${service}:${name}`),
)
