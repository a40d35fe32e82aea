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

{{/* The keys of each section, for those that stand at the top level. */}}
{{- define "gateway.keys" -}}
camio: [camio_endpoint, camio_cert_enable, camio_auth_token, camio_max_retries, camio_verify_tls, camio_compression]
genetec: [acs_server_ip, acs_app_id, acs_username, acs_password, cert_enabled, cert_disabled_alt_port, acs_door_events,
  acs_port, acs_base_uri, acs_fingerprint, acs_verify_tls, acs_stream_idle_seconds, acs_verify_seconds,
  acs_backfill_overlap_seconds, acs_backfill_second_look_seconds]
advanced: [forward_event_queue_interval, forward_stats_queue_interval, forward_devices_queue_interval,
  forward_logs_queue_interval, forward_errors_queue_interval, logs_queue_pull_size, errors_queue_pull_size,
  default_log_level, debug_mode, max_threads_per_pagination_call]
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

{{/* What must not be read by everybody who may read a ConfigMap: key of the gateway, section. */}}
{{- define "gateway.secretKeys" -}}
camio_auth_token: camio
acs_app_id: genetec
acs_password: genetec
{{- end -}}

{{/*
The gateway's configuration with everything that the values say, secrets included, as JSON.
A key in its section wins over the same key at the top level; `server` and `camio` are one section.
*/}}
{{- define "gateway.settings" -}}
{{- $values := .Values -}}
{{- $settings := dict -}}
{{- range $section, $keys := include "gateway.keys" . | fromYaml -}}
  {{- $found := dict -}}
  {{- range $key := $keys -}}
    {{- if and (hasKey $values $key) (not (kindIs "invalid" (get $values $key))) -}}
      {{- $_ := set $found $key (get $values $key) -}}
    {{- end -}}
  {{- end -}}
  {{- $given := get $values $section | default dict -}}
  {{- if eq $section "camio" -}}
    {{- $given = mergeOverwrite (dict) $given (get $values "server" | default dict) -}}
  {{- end -}}
  {{- range $key, $value := $given -}}
    {{- if not (kindIs "invalid" $value) -}}
      {{- $_ := set $found $key $value -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set $settings $section $found -}}
{{- end -}}
{{- range $queue := include "gateway.queues" . | splitList " " -}}
  {{- $block := get $values $queue | default dict -}}
  {{- if $block -}}{{- $_ := set $settings $queue $block -}}{{- end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{/* The secrets that the values themselves give, as JSON. */}}
{{- define "gateway.secrets" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- $secrets := dict -}}
{{- range $key, $section := include "gateway.secretKeys" . | fromYaml -}}
  {{- $value := dig $section $key "" $settings | toString -}}
  {{- if $value -}}{{- $_ := set $secrets $key $value -}}{{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end -}}

{{/* The file that the gateway reads: settings without secrets, which it finds in files. */}}
{{- define "gateway.config" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- $secrets := include "gateway.secrets" . | fromJson -}}
{{- $sections := include "gateway.secretKeys" . | fromYaml -}}
{{- range $key, $section := $sections -}}
  {{- $_ := unset (get $settings $section) $key -}}
{{- end -}}
{{- $files := dict -}}
{{- range $key, $value := $secrets -}}
  {{- $_ := set $files $key (printf "/etc/doorwatch/values/%s" $key) -}}
{{- end -}}
{{- if .Values.existingSecret -}}
  {{- range $key, $name := .Values.existingSecretKeys -}}
    {{- if $name -}}{{- $_ := set $files $key (printf "/etc/doorwatch/given/%s" $name) -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- range $key, $file := $files -}}
  {{- $found := get $settings (get $sections $key | default "genetec") -}}
  {{- $_ := unset $found $key -}}
  {{- $_ := set $found (printf "%s_file" $key) $file -}}
{{- end -}}
{{- if .Values.ca.configMap -}}
  {{- $_ := set $settings.genetec "acs_ca_file" (printf "/etc/doorwatch/ca/%s" .Values.ca.key) -}}
  {{- $_ := set $settings.camio "camio_ca_file" (printf "/etc/doorwatch/ca/%s" .Values.ca.key) -}}
{{- end -}}
{{- range $section, $found := $settings -}}
  {{- if not $found -}}{{- $_ := unset $settings $section -}}{{- end -}}
{{- end -}}
{{- $_ := set $settings "data_dir" "/data" -}}
{{- $_ := set $settings "health_port" .Values.health_port -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* What the gateway cannot do without and does not have, one a line. */}}
{{- define "gateway.missing" -}}
{{- $settings := include "gateway.settings" . | fromJson -}}
{{- $given := ternary .Values.existingSecretKeys (dict) (ne .Values.existingSecret "") -}}
{{- range $key, $section := dict "camio_endpoint" "camio" "camio_auth_token" "camio" "acs_server_ip" "genetec" "acs_app_id" "genetec" "acs_username" "genetec" "acs_password" "genetec" -}}
  {{- $value := dig $section $key "" $settings | toString -}}
  {{- $file := dig $section (printf "%s_file" $key) "" $settings -}}
  {{- if and (or (not $value) (hasPrefix "INSERT_" $value)) (not $file) (not (get $given $key)) }}
{{ $key }}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Keys at the top level that nobody reads, one a line. */}}
{{- define "gateway.unknown" -}}
{{- $known := concat (keys (include "gateway.keys" . | fromYaml)) (include "gateway.queues" . | splitList " ") -}}
{{- range $section, $names := include "gateway.keys" . | fromYaml -}}{{- $known = concat $known $names -}}{{- end -}}
{{- $known = concat $known (list "server" "global" "existingSecret" "existingSecretKeys" "ca" "image" "imagePullSecrets" "replicaCount" "persistence" "resources" "health_port" "service" "serviceMonitor" "networkPolicy" "podDisruptionBudget" "serviceAccount" "nameOverride" "fullnameOverride" "podAnnotations" "podLabels" "nodeSelector" "tolerations" "affinity" "priorityClassName" "terminationGracePeriodSeconds" "dns" "podSecurityContext" "securityContext") -}}
{{- range $key := keys .Values | sortAlpha -}}
  {{- if not (has $key $known) }}
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
  {{- $main := dig "genetec" "acs_port" 4590 $settings | int -}}
  {{- $other := dig "genetec" "cert_disabled_alt_port" "" $settings | toString -}}
  {{- $address := dig "camio" "camio_endpoint" "" $settings | toString | urlParse -}}
  {{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" ($address.host | default "")) | default (ternary "80" "443" (eq ($address.scheme | default "") "http")) -}}
  {{- $ports = list $main 4591 ($port | int) -}}
  {{- if regexMatch "^[0-9]+$" $other -}}{{- $ports = append $ports ($other | int) -}}{{- end -}}
{{- end -}}
{{- range $port := uniq $ports }}
- {port: {{ $port | int }}, protocol: TCP}
{{- end -}}
{{- end -}}
