{{ view.attributes }}
