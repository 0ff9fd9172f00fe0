package web

// What is tested by itself because its input is wide.
var (
	LocalPath  = localPath
	Attachment = attachment
)
