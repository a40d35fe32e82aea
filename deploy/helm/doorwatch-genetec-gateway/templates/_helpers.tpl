{{- define "gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains .Release.Name (include "gateway.name" .) -}}
{{- include "gateway.name" . -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "gateway.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "gateway.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: gateway
app.kubernetes.io/part-of: doorwatch
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "gateway.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gateway.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "gateway.image" -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}

{{/* Keys of the gateway that may stand at the top level; `server_...` may be written for `camio_...`. */}}
{{- define "gateway.keys" -}}
camio_endpoint camio_auth_token camio_auth_token_file camio_max_retries camio_cert_enable camio_verify_tls
camio_ca_file camio_compression acs_server_ip acs_app_id acs_app_id_file acs_username acs_username_file acs_password
acs_password_file acs_port acs_streaming_port acs_base_uri cert_enabled cert_disabled_alt_port acs_verify_tls
acs_ca_file acs_fingerprint acs_door_events acs_stream_idle_seconds acs_verify_seconds acs_backfill_overlap_seconds
acs_backfill_second_look_seconds acs_enrich_seconds forward_event_queue_interval forward_events_at_once forward_stats_queue_interval
forward_devices_queue_interval forward_logs_queue_interval forward_errors_queue_interval events_queue_pull_size
logs_queue_pull_size errors_queue_pull_size events_in_flight default_log_level debug_mode
max_threads_per_pagination_call spool_max_size spool_when_full gateway_id pacs_id
{{- end -}}

{{/* Those that the chart sets itself. */}}
{{- define "gateway.ownKeys" -}}
data_dir health_port health_host
{{- end -}}

{{- define "gateway.queues" -}}
webhooks stats devices logs errors
{{- end -}}

{{/* The test pod has a name of its own: with the gateway's the Service would send requests to it. */}}
{{- define "gateway.testLabels" -}}
app.kubernetes.io/name: {{ include "gateway.name" . | trunc 58 }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: doorwatch
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* What must not be read by everybody who may read a ConfigMap. */}}
{{- define "gateway.secretKeys" -}}
camio_auth_token acs_app_id acs_password
{{- end -}}

{{/*
All keys of the gateway that the values give, by their first names, secrets included, as JSON.
The gateway takes a key in any section, so all are searched; a section wins over the top level.
*/}}
{{- define "gateway.settings" -}}
{{- $settings := dict -}}
{{- range $name := include "gateway.keys" . | replace "\n" " " | splitList " " -}}
  {{- range $written := list (regexReplaceAll "^camio_" $name "server_") $name -}}
    {{- if and (hasKey $.Values $written) (not (kindIs "invalid" (get $.Values $written))) -}}
      {{- $_ := set $settings $name (get $.Values $written) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range $section := list "advanced" "genetec" "camio" "server" -}}
  {{- range $written, $value := get $.Values $section | default dict -}}
    {{- if not (kindIs "invalid" $value) -}}
      {{- $_ := set $settings (regexReplaceAll "^server_" $written "camio_") $value -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{/* The secrets that the values themselves give, as JSON. */}}
{{- define "gateway.secrets" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- $secrets := dict -}}
{{- range $key := include "gateway.secretKeys" . | splitList " " -}}
  {{- $value := get $settings $key | toString -}}
  {{- if $value -}}{{- $_ := set $secrets $key $value -}}{{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end -}}

{{/* The file that the gateway reads: settings without secrets, which it finds in files. */}}
{{- define "gateway.config" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- range $key, $value := include "gateway.secrets" . | fromJson -}}
  {{- $_ := set $settings (printf "%s_file" $key) (printf "/etc/doorwatch/values/%s" $key) -}}
{{- end -}}
{{- if .Values.existingSecret -}}
  {{- range $key, $name := .Values.secretKeys -}}
    {{- if $name -}}
      {{- $_ := set $settings (printf "%s_file" $key) (printf "/etc/doorwatch/given/%s" $name) -}}
      {{- $_ := unset $settings $key -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range $key := include "gateway.secretKeys" . | splitList " " -}}
  {{- $_ := unset $settings $key -}}
{{- end -}}
{{- if .Values.caConfigMap.name -}}
  {{- range $key := list "acs_ca_file" "camio_ca_file" -}}
    {{- $_ := set $settings $key (printf "/etc/doorwatch/ca/%s" $.Values.caConfigMap.key) -}}
  {{- end -}}
{{- end -}}
{{- $_ := set $settings "data_dir" "/data" -}}
{{- $_ := set $settings "health_port" .Values.health_port -}}
{{- $file := dict -}}
{{- range $key, $value := $settings -}}
  {{- $section := "advanced" -}}
  {{- if hasPrefix "camio_" $key -}}{{- $section = "camio" -}}{{- end -}}
  {{- if regexMatch "^(acs|cert)_" $key -}}{{- $section = "genetec" -}}{{- end -}}
  {{- $_ := set $file $section (set (get $file $section | default dict) $key $value) -}}
{{- end -}}
{{- range $queue := include "gateway.queues" . | splitList " " -}}
  {{- with get $.Values $queue -}}{{- $_ := set $file $queue . -}}{{- end -}}
{{- end -}}
{{- toYaml $file -}}
{{- end -}}

{{/* What the gateway cannot do without and does not have, one a line. */}}
{{- define "gateway.missing" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- $given := ternary .Values.secretKeys (dict) (ne .Values.existingSecret "") -}}
{{- range $key := list "acs_server_ip" "acs_app_id" "acs_username" "acs_password" "camio_endpoint" "camio_auth_token" -}}
  {{- $value := get $settings $key | toString -}}
  {{- if and (or (not $value) (hasPrefix "INSERT_" $value)) (not (get $settings (printf "%s_file" $key))) (not (get $given $key)) }}
{{ $key }}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Keys at the top level that nobody reads, one a line. */}}
{{- define "gateway.unknown" -}}
{{- $known := include "gateway.keys" . | replace "\n" " " | splitList " " -}}
{{- $known = concat $known (include "gateway.queues" . | splitList " ") (include "gateway.ownKeys" . | splitList " ") -}}
{{- $known = concat $known (list "server" "camio" "genetec" "advanced" "global" "existingSecret" "secretKeys" "caConfigMap" "image" "imagePullSecrets" "replicaCount" "persistence" "resources" "service" "serviceMonitor" "networkPolicy" "podDisruptionBudget" "serviceAccount" "nameOverride" "fullnameOverride" "podAnnotations" "podLabels" "nodeSelector" "tolerations" "affinity" "priorityClassName" "terminationGracePeriodSeconds" "dns" "podSecurityContext" "securityContext") -}}
{{- range $key := keys .Values | sortAlpha -}}
  {{- if not (has (regexReplaceAll "^server_" $key "camio_") $known) }}
{{ $key }}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Ports that the gateway connects to, as a list in YAML. */}}
{{- define "gateway.egressPorts" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- $ports := list -}}
{{- if .Values.networkPolicy.egressPorts -}}
  {{- $ports = .Values.networkPolicy.egressPorts -}}
{{- else -}}
  {{- $main := dig "acs_port" 4590 $settings | int -}}
  {{- $other := dig "cert_disabled_alt_port" "" $settings | toString -}}
  {{- $address := dig "camio_endpoint" "" $settings | toString | urlParse -}}
  {{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" ($address.host | default "")) | default (ternary "80" "443" (eq ($address.scheme | default "") "http")) -}}
  {{- $ports = list $main (dig "acs_streaming_port" 4591 $settings | int) ($port | int) -}}
  {{- if regexMatch "^[0-9]+$" $other -}}{{- $ports = append $ports ($other | int) -}}{{- end -}}
{{- end -}}
{{- range $port := uniq $ports }}
- {port: {{ $port | int }}, protocol: TCP}
{{- end -}}
{{- end -}}
