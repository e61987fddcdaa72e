print("devcloud")
