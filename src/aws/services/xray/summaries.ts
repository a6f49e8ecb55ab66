import type {
  ErrorRootCause,
  FaultRootCause,
  ResponseTimeRootCause,
  ServiceId,
  TraceSummary,
} from '@aws-sdk/client-xray'
import type { RootCause, TraceOutline } from '../../../observability/traces/summarize-trace.ts'
import type { Annotation, ServiceName } from '../../../observability/traces/trace-view.ts'

/** What is told of a trace, by the names of the API. */
export function summaryOf(outline: TraceOutline): TraceSummary {
  const { http } = outline
  return {
    Id: outline.id,
    StartTime: new Date(outline.began * 1000),
    Duration: rounded(outline.duration),
    ResponseTime: outline.responseTime === undefined ? undefined : rounded(outline.responseTime),
    HasFault: outline.hasFault,
    HasError: outline.hasError,
    HasThrottle: outline.hasThrottle,
    IsPartial: outline.isPartial,
    Http: {
      HttpURL: http.url,
      HttpStatus: http.status,
      HttpMethod: http.method,
      UserAgent: http.userAgent,
      ClientIp: http.clientIp,
    },
    Annotations: Object.fromEntries(
      [...outline.annotations].map(([key, values]) => [
        key,
        values.map(({ value, services }) => ({
          AnnotationValue: annotationValue(value),
          ServiceIds: services.map(serviceIdOf),
        })),
      ]),
    ),
    Users: outline.users.map(({ name, services }) => ({
      UserName: name,
      ServiceIds: services.map(serviceIdOf),
    })),
    ServiceIds: outline.services.map(serviceIdOf),
    ResourceARNs: outline.resourceArns.map(ARN => ({ ARN })),
    InstanceIds: outline.instanceIds.map(Id => ({ Id })),
    AvailabilityZones: outline.availabilityZones.map(Name => ({ Name })),
    EntryPoint: serviceIdOf(outline.entryPoint),
    FaultRootCauses: outline.faults.map(wrongOf),
    ErrorRootCauses: outline.errors.map(wrongOf),
    ResponseTimeRootCauses: outline.slow.map(slowOf),
    Revision: 1,
  }
}

export const serviceIdOf = ({ name, type, account }: ServiceName): ServiceId => ({
  Name: name,
  Names: [name],
  AccountId: account,
  Type: type,
})

function annotationValue(value: Annotation) {
  if (typeof value === 'string') return { StringValue: value }
  return typeof value === 'number' ? { NumberValue: value } : { BooleanValue: value }
}

const wrongOf = ({ services, clientImpacting }: RootCause): FaultRootCause & ErrorRootCause => ({
  Services: services.map(({ service, inferred, entities }) => ({
    ...serviceIdOf(service),
    Inferred: inferred,
    EntityPath: entities.map(({ name, remote, exceptions }) => ({
      Name: name,
      Remote: remote,
      Exceptions: exceptions.map(exception => ({ Name: exception.name, Message: exception.message })),
    })),
  })),
  ClientImpacting: clientImpacting,
})

const slowOf = ({ services, clientImpacting }: RootCause): ResponseTimeRootCause => ({
  Services: services.map(({ service, inferred, entities }) => ({
    ...serviceIdOf(service),
    Inferred: inferred,
    EntityPath: entities.map(({ name, remote, coverage }) => ({
      Name: name,
      Remote: remote,
      Coverage: rounded(coverage),
    })),
  })),
  ClientImpacting: clientImpacting,
})

/** Milliseconds, as X-Ray tells them. */
const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000
